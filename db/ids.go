package db

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// knowIDs has ids go to and fro as the sixteen bytes that they are; pgx by itself makes a text of each and reads that.
func knowIDs(types *pgtype.Map) {
	id := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: idCodec{}}
	types.RegisterType(id)
	types.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: id}})
}

// idCodec is pgx's own for everything but ids of our type in the binary format.
type idCodec struct{ pgtype.UUIDCodec }

// PlanEncode implements [pgtype.Codec].
func (c idCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ours := value.(uuid.UUID); ours && format == pgtype.BinaryFormatCode {
		return writeID{}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

// PlanScan implements [pgtype.Codec].
func (c idCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ours := target.(*uuid.UUID); ours && format == pgtype.BinaryFormatCode {
		return readID{}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

type writeID struct{}

func (writeID) Encode(value any, buf []byte) ([]byte, error) {
	id := value.(uuid.UUID)
	return append(buf, id[:]...), nil
}

type readID struct{}

func (readID) Scan(src []byte, dst any) error {
	id := dst.(*uuid.UUID)
	if len(src) != len(id) {
		return fmt.Errorf("an id has %d bytes, not %d; a column that may be NULL is read into a pointer to one", len(id), len(src))
	}
	copy(id[:], src)
	return nil
}
