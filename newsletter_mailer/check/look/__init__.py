"""How a page looks: what a mail client computes from its style sheets. Pure."""
