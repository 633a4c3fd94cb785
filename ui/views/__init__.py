"""One module or package a view; `registry` says which there are; Qt thread."""
