package read

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/berdaya/berdaya/domain"
)

// A cursor holds the sort keys of a row, so that it survives the row, and a seal over them and the order's name, so that it
// works for no other list and cannot be made up: keys are compared inside SQL, and a made-up cursor could probe rows.

const (
	sealSize  = 16
	maxCursor = 2048 // characters; a name of 200 four-byte characters fits
)

// sealer seals cursors with a key of the server's own.
type sealer struct{ pool sync.Pool }

func newSealer(key []byte) *sealer {
	key = append([]byte{}, key...)
	return &sealer{pool: sync.Pool{New: func() any { return &sealing{mac: hmac.New(sha256.New, key)} }}}
}

type sealing struct {
	mac   hash.Hash
	plain []byte
	sum   []byte
}

func (s *sealing) seal(o *order, keys []byte) []byte {
	s.mac.Reset()
	s.sum = append(append(append(s.sum[:0], o.list...), ' '), o.name...)
	s.sum = append(s.sum, 0)
	_, _ = s.mac.Write(s.sum)
	_, _ = s.mac.Write(keys)
	s.sum = s.mac.Sum(s.sum[:0])
	return s.sum[:sealSize]
}

// append writes the cursor of a row whose sort keys are given.
func (s *sealer) append(b []byte, o *order, keys func(i int) []byte) []byte {
	with := s.pool.Get().(*sealing)
	defer s.pool.Put(with)
	plain := append(with.plain[:0], make([]byte, sealSize)...)
	for i := range o.keys {
		k := keys(i)
		plain = binary.AppendUvarint(plain, uint64(len(k)))
		plain = append(plain, k...)
	}
	copy(plain, with.seal(o, plain[sealSize:]))
	with.plain = plain
	return base64.RawURLEncoding.AppendEncode(b, plain)
}

// open gives the sort keys of a cursor that was made for the order.
func (s *sealer) open(cursor string, o *order) ([][]byte, error) {
	refused := domain.Errorf(domain.CodeBadUserInput, "this cursor is not of this list in this order: send one back as it came").
		In("kursor ini bukan dari daftar dan urutan ini: kirim kembali seperti diterima")
	if len(cursor) > maxCursor {
		return nil, refused
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(plain) < sealSize {
		return nil, refused
	}
	with := s.pool.Get().(*sealing)
	defer s.pool.Put(with)
	rest := plain[sealSize:]
	if !hmac.Equal(with.seal(o, rest), plain[:sealSize]) {
		return nil, refused
	}
	keys := make([][]byte, 0, len(o.keys))
	for len(rest) > 0 {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return nil, refused
		}
		keys, rest = append(keys, rest[size:size+int(n)]), rest[size+int(n):]
	}
	if len(keys) != len(o.keys) {
		return nil, refused
	}
	return keys, nil
}
