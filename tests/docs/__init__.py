"""The pages of docs/ say what is so: each example is run, each code is named."""
