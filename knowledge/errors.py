"""What can be wrong with the knowledge base, said in one sentence that tells what to do."""


class KnowledgeUnusable(Exception):
    """The knowledge base cannot work; the message says what to do."""
