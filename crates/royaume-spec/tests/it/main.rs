//! The executable specification: one module per standard, one test per sentence.

mod france_travail;
