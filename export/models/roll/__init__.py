"""`roll`: a convolutional GAN over multi-track piano rolls, bar by bar under chords, with a temporal net for phrases."""
