"""The models' lifecycle at its edges: what collects samples, trains from them, and carries out rounds of retraining."""
