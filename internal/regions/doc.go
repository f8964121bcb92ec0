// Package regions takes releases of Indonesia's administrative regions into the database.
//
// # Releases
//
// A release is a folder of four files: provinces.csv, regencies.csv, districts.csv and villages.csv. Each has a header line,
// and under it one region a line: its code, its name and, below the provinces, the code of its parent. Columns are found by
// name, so their order is free, and others beside them are ignored. The files are UTF-8 with commas, with or without a byte
// order mark; a name with a comma stands in quotes, and a lone quote inside a name is part of it.
//
// The files are read in full before anything is written. A broken row is reported with file, line and column, up to
// MaxProblems of them at once, and then nothing is changed. A line is counted from 1, the header being the first; a column is
// the first byte of the field within its line, from 1.
//
// Then the release is compared with the regions that are known, and only what differs is written:
//
//   - a code that was never seen is added, valid from the effective date;
//   - a code that is open but not in the release is closed on the effective date. It is never deleted, because programmes and
//     their history name it;
//   - a code that was closed and is in the release again is reopened, under the name the release gives;
//   - an open code with another name is renamed.
//
// Two guards stand before the writing. A release that closes more than one per cent of the open regions of a level is more
// often a truncated file than a decree, so it needs Options.AllowClosing. And since a region keeps only one period of
// validity, releases are imported in the order of their effective dates.
//
// # What took a region's place
//
// A release may hold a fifth file, successors.csv, with the columns old, new and date: from that day on, new stands in the place
// of old, which has closed by then. Nothing is ever guessed from names or codes. [Succeed] says the same of one region. Both
// regions are known and of the same level, the new one is open on that day, and no region comes after itself, however long the
// chain. A region that opens again has no successors any more; what has followed one stays where it is.
//
// Where a region that has closed has one successor, everything registered in it follows: see [Over]. Where there are several,
// the region was split, and nothing follows by itself: programmes stay, seen from the regions above as before, until an admin
// chooses with [Transfers]. Every region speaks for itself alone: that a district has a successor says nothing of its villages.
//
// # Transactions
//
// An import is one transaction that no other import overlaps: it happens in full or not at all, and doing it again writes
// nothing.
//
// The program carries one release in itself: see Bundled and data/README.md.
package regions
