"""Rules and boards, in the terms of the declared metrics."""
