"""LOOK: Issue + variant -> MJML -> HTML + plain text -> CompiledMessage -> bytes. All pure."""
