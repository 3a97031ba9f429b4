"""What is true, whatever the platform: rules, values, the credential, the store."""
