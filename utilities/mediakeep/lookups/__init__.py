"""What services of the net know: asked once, kept, and never more often than they allow."""
