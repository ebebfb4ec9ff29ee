"""Engines that answer the queries of `reduce`: DuckDB in this process, Spark, Trino and Athena elsewhere."""
