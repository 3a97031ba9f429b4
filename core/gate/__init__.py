"""What an officer does at the boundary: read a picture, compare a document, challenge a holder."""
