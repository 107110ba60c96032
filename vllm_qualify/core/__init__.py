"""What everything speaks in: records, requirements, outcomes, the journal and its events, images, redaction. No I/O."""
