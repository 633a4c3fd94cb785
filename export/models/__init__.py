"""The models: one folder each with its nets, training, package and evaluation; found by the registry; [workshop]."""
