"""What `bench/inbound.py` measures with: Meta's side, and the processes between it and a receiver."""
