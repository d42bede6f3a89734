"""What moves records: one file a stage, named by its verb. No rule of the domain in here."""
