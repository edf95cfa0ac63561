"""What tests take from npm: installed as a lock file says, by the first that needs it."""

import fcntl
import shutil
import subprocess
from pathlib import Path

INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]


def install(folder: Path) -> Path:
    """Returns the folder's node_modules. Several processes may ask at once."""
    lock, modules = folder / "package-lock.json", folder / "node_modules"
    installed = modules / ".package-lock.json"
    with lock.open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            assert shutil.which("npm"), "there is no npm beside Node"
            run = subprocess.run(
                INSTALL, cwd=folder, capture_output=True, text=True, timeout=300, check=False
            )
            assert run.returncode == 0, run.stderr
    return modules
