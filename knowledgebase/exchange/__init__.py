"""Articles in folders of files, in and out: docs/knowledge.md tells the format."""
