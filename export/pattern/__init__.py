"""What all trainings and exports share: settings, the loop, checkpoints, curves, graphs, manifests; [workshop]."""
