"""`morph`: a recurrent variational autoencoder of two bars of melody, bass and drums in one latent; [workshop]."""
