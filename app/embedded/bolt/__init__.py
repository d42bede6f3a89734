"""Bolt, the protocol of the neo4j drivers, in front of FalkorDB, whose own Bolt port can't be used.

That one (4.16.3) ends by SIGSEGV on a message of more than 4 KiB, never answers the connection after one that said
goodbye, ends by an assertion when it writes while an append-only file is on, and reports errors without their text. The
same queries over Redis' protocol (`GRAPH.QUERY`) are sound. So this package takes Bolt 5.0 and passes it on to those.

What FalkorDB lacks stays lacking: a statement is its own transaction, so a ROLLBACK after a write is refused.
"""
