"""`frames`: the plain and the recurrent variational autoencoder side by side on piano-roll frames; [workshop]."""
