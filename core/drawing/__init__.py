"""Pictures and pages: letters, QR modules, PNG, PDF."""
