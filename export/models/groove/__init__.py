"""`groove`: a recurrent variational autoencoder of two bars of drums with dynamics and microtiming; [workshop]."""
