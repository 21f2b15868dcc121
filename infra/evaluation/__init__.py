"""How well check-ins are judged: honest ones from tracks of real receivers, and frauds made up from them."""
