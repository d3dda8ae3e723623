//! From a recipe to the parts of the engine: the only place where the words of a recipe meet the tables.
