"""`disguise`: one generator that turns two bars of any style into another (cycle and identity losses), and an
independent judge of style."""
