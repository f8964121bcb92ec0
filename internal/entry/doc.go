// Package entry is what every use case has in common whose command is "enter this" or "change that": what the command says,
// how everything that is wrong with it is gathered, so that a person corrects it in one go, and what a database's complaint
// means in the field's own words.
package entry
