"""The words of Cypher that a query may use, and those that it may not (Cypher manual 5, clauses and functions)."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STARTS = _words("MATCH OPTIONAL UNWIND WITH RETURN")
"""What a statement begins with."""

FORBIDDEN = _words("CREATE MERGE INSERT SET DELETE DETACH NODETACH REMOVE FOREACH LOAD USE DROP ALTER")
"""What begins a clause that writes, or that leaves the graph; commands of the administrator begin a statement."""

OPENS_SUBQUERY = _words("EXISTS COUNT COLLECT")
PATH_SELECTORS = _words("SHORTESTPATH ALLSHORTESTPATHS")
ENDS_PATTERN = _words("WHERE RETURN WITH UNWIND OPTIONAL MATCH ORDER UNION USING LIMIT SKIP OFFSET CALL") | FORBIDDEN

KEYWORDS = STARTS | _words(
    """
    WHERE ORDER BY ASC ASCENDING DESC DESCENDING SKIP LIMIT OFFSET UNION ALL DISTINCT AS YIELD USING INDEX SCAN JOIN ON
    AND OR XOR NOT IN IS NULL TRUE FALSE STARTS ENDS CONTAINS CASE WHEN THEN ELSE END EXISTS COUNT COLLECT
    ANY NONE SINGLE REDUCE
    """
)
"""Words that a bracket may follow without their being a function."""

FUNCTIONS = _words(
    """
    ABS CEIL FLOOR RAND ROUND SIGN ISNAN E EXP LOG LOG10 SQRT ACOS ASIN ATAN ATAN2 COS COT DEGREES HAVERSIN PI RADIANS
    SIN TAN AVG COLLECT COUNT MAX MIN PERCENTILECONT PERCENTILEDISC STDEV STDEVP SUM KEYS LABELS NODES RANGE REDUCE
    RELATIONSHIPS REVERSE TAIL TOBOOLEANLIST TOFLOATLIST TOINTEGERLIST TOSTRINGLIST ALL ANY EXISTS ISEMPTY NONE SINGLE
    COALESCE ELEMENTID ENDNODE HEAD ID LAST LENGTH NULLIF PROPERTIES SIZE STARTNODE TIMESTAMP TOBOOLEAN TOBOOLEANORNULL
    TOFLOAT TOFLOATORNULL TOINTEGER TOINTEGERORNULL TYPE VALUETYPE CHAR_LENGTH CHARACTER_LENGTH BTRIM LEFT LOWER LTRIM
    NORMALIZE REPLACE RIGHT RTRIM SPLIT SUBSTRING TOLOWER TOSTRING TOSTRINGORNULL TOUPPER TRIM UPPER
    DATE DATETIME LOCALDATETIME LOCALTIME TIME DURATION POINT SHORTESTPATH ALLSHORTESTPATHS
    """
)

NAMESPACED = frozenset(
    {f"{kind}.truncate" for kind in ("date", "datetime", "localdatetime", "localtime", "time")}
    | {"datetime.fromepoch", "datetime.fromepochmillis"}
    | {f"duration.{of}" for of in ("between", "inmonths", "indays", "inseconds")}
    | {"point.distance", "point.withinbbox", "vector.similarity.cosine", "vector.similarity.euclidean"}
)
"""Functions with a namespace that are Cypher's own; all others are a plug-in's."""
