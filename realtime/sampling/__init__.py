"""Decoding that all note models share: drawing from logits, masks, search, latent spaces, guards against copies; numpy only;
[player process]."""
