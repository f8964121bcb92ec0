package db

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/berdaya/berdaya/domain"
)

// meaning is what an SQLSTATE means to whoever asked.
type meaning struct {
	code   domain.Code
	en, id string
}

// meanings lists the states that a person can do something about. A state of two characters stands for its class.
var meanings = map[string]meaning{
	"23505": {domain.CodeAlreadyExists, "there is one like it already", "sudah ada yang sama"},
	"23503": {domain.CodeNotFound, "what it refers to is not there", "yang dirujuk tidak ada"},
	"23001": {domain.CodeConflict, "it is still in use elsewhere", "masih dipakai di tempat lain"},
	"23P01": {domain.CodeConflict, "it overlaps with another", "bertumpang tindih dengan yang lain"},
	"23502": {domain.CodeBadUserInput, "a value is missing", "ada nilai yang belum diisi"},
	"23514": {domain.CodeBadUserInput, "a value is outside what is allowed", "ada nilai di luar yang diperbolehkan"},
	"22001": {domain.CodeBadUserInput, "a text is too long", "ada teks yang terlalu panjang"},
	"22003": {domain.CodeBadUserInput, "a number is too large", "ada angka yang terlalu besar"},
	"22007": {domain.CodeBadUserInput, "a date or time cannot be read", "ada tanggal atau waktu yang tidak terbaca"},
	"22008": {domain.CodeBadUserInput, "a date or time is out of range", "ada tanggal atau waktu di luar jangkauan"},
	"22021": {domain.CodeBadUserInput, "a text holds characters that cannot be stored", "ada teks dengan karakter yang tidak dapat disimpan"},
	"22P02": {domain.CodeBadUserInput, "a value cannot be read", "ada nilai yang tidak terbaca"},
	"22P05": {domain.CodeBadUserInput, "a text holds characters that cannot be stored", "ada teks dengan karakter yang tidak dapat disimpan"},
	"40001": {domain.CodeConflict, "others are changing the same things: try again", "data yang sama sedang diubah pihak lain: coba lagi"},
	"40P01": {domain.CodeConflict, "others are changing the same things: try again", "data yang sama sedang diubah pihak lain: coba lagi"},
	"55P03": {domain.CodeConflict, "somebody else is changing it: try again", "sedang diubah pihak lain: coba lagi"},
	"57014": {domain.CodeUnavailable, "the database took too long: ask for less, or try again", "basis data terlalu lama menjawab: minta lebih sedikit, atau coba lagi"},
	"25P03": {domain.CodeUnavailable, "it took too long: try again", "terlalu lama: coba lagi"},
	"08":    {domain.CodeUnavailable, "the database cannot be reached: try again", "basis data tidak dapat dihubungi: coba lagi"},
	"53":    {domain.CodeUnavailable, "the database is short of room or connections: try again later", "basis data kekurangan ruang atau koneksi: coba lagi nanti"},
	"57P":   {domain.CodeUnavailable, "the database is stopping or starting: try again", "basis data sedang berhenti atau mulai: coba lagi"},
}

// Coded turns an error of PostgreSQL into a *domain.Error by the table above, with the constraint, table and column in Params
// where PostgreSQL names them and the error as its cause, so that errors.As still finds it. It returns all others unchanged:
// errors that have a code, sql.ErrNoRows, and what is a fault of ours.
func Coded(err error) error {
	if coded := (*domain.Error)(nil); err == nil || errors.As(err, &coded) {
		return err
	}
	state := sqlState(err)
	if connecting := (*pgconn.ConnectError)(nil); errors.As(err, &connecting) || state == "" && lost(err) {
		state = "08"
	}
	said := (*pgconn.PgError)(nil)
	errors.As(err, &said)
	if state == "23503" && said != nil && said.Routine == "ri_ReportViolation" && refused(said) {
		state = "23001"
	}
	for ; len(state) >= 2; state = state[:len(state)-1] {
		m, there := meanings[state]
		if !there {
			continue
		}
		coded := domain.Errorf(m.code, "%s", m.en).In(m.id).Because(err)
		if said != nil {
			coded.Params = named(said)
		}
		return coded
	}
	return err
}

// lost tells whether the connection broke off, as all do when PostgreSQL is killed. What ran out of time is something else.
func lost(err error) bool {
	if pgconn.Timeout(err) {
		return false
	}
	broken := (*net.OpError)(nil)
	return errors.As(err, &broken) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn)
}

// refused tells whether a foreign key refused to let go of a row that others refer to, rather than to take one that refers to
// nothing. PostgreSQL has one state for both; only the latter speaks of the key's own table first.
func refused(said *pgconn.PgError) bool {
	return len(said.Message) >= 6 && said.Message[:6] == "update"
}

// named gives the names PostgreSQL gives, for stores and logs.
func named(said *pgconn.PgError) map[string]any {
	params := map[string]any{}
	for key, value := range map[string]string{"constraint": said.ConstraintName, "table": said.TableName, "column": said.ColumnName} {
		if value != "" {
			params[key] = value
		}
	}
	return params
}
