"""What the panel's views know, read from the tree's JSON: plain records and rules, no Qt."""
