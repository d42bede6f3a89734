"""What is decided about an intention besides its meaning: is it taken in, who said what about it, is it over."""
