//! France Travail's "Utiliser les API": the table of the page row by row, and how the deployed servers depart from the
//! standards.

mod called;
mod departures;
mod errors;
mod gateway;
mod met;
mod table;
