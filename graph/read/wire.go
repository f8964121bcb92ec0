package read

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// Values as PostgreSQL writes them in binary, and JSON as it is written into the answer. An integer is as many bytes as its
// column has, a date is days and an instant microseconds since 2000-01-01, a numeric is base 10,000.

const epoch = 946684800 // 2000-01-01 in Unix seconds

func integer(v []byte) int64 {
	var n int64
	if len(v) > 0 && v[0]&0x80 != 0 {
		n = -1
	}
	for _, c := range v {
		n = n<<8 | int64(c)
	}
	return n
}

// The types of an array's elements.
const (
	oidUUID = 2950
	oidText = 25
)

// appendArray writes a one-dimensional array.
func appendArray(b []byte, oid uint32, elements [][]byte) []byte {
	dimensions := uint32(1)
	if len(elements) == 0 {
		dimensions = 0
	}
	b = binary.BigEndian.AppendUint32(b, dimensions)
	b = binary.BigEndian.AppendUint32(b, 0) // no NULL
	b = binary.BigEndian.AppendUint32(b, oid)
	if dimensions == 1 {
		b = binary.BigEndian.AppendUint32(b, uint32(len(elements)))
		b = binary.BigEndian.AppendUint32(b, 1)
	}
	for _, e := range elements {
		b = binary.BigEndian.AppendUint32(b, uint32(len(e)))
		b = append(b, e...)
	}
	return b
}

// appendID writes a global id: the type's tag and the row's key, as package gid makes them.
func appendID(b []byte, tag byte, key []byte) []byte {
	var plain [40]byte
	plain[0] = tag
	n := 1 + copy(plain[1:], key)
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, plain[:n])
	return append(b, '"')
}

// appendText writes a string. PostgreSQL gives valid UTF-8 only.
func appendText(b, v []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i, c := range v {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, v[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	return append(append(b, v[start:]...), '"')
}

// appendValue writes a column's value.
func appendValue(b []byte, f form, v []byte) []byte {
	switch f {
	case formInteger:
		return strconv.AppendInt(b, integer(v), 10)
	case formFloat:
		return strconv.AppendFloat(b, math.Float64frombits(binary.BigEndian.Uint64(v)), 'g', -1, 64)
	case formBoolean:
		return strconv.AppendBool(b, v[0] != 0)
	case formDate:
		b = time.Unix(epoch+integer(v)*86400, 0).UTC().AppendFormat(append(b, '"'), time.DateOnly)
		return append(b, '"')
	case formInstant:
		return appendInstant(b, integer(v))
	case formNumeric:
		return append(appendNumeric(append(b, '"'), v), '"')
	case formDocument:
		return append(b, v[1:]...) // the first byte is jsonb's version
	default:
		return appendText(b, v)
	}
}

// appendInstant writes an instant in UTC with six decimals. time.AppendFormat reads its layout anew each time, and lists are
// full of instants.
func appendInstant(b []byte, micros int64) []byte {
	t := time.UnixMicro(epoch*1e6 + micros).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = append(b, '"')
	b = appendDigits(b, year, 4)
	b = appendDigits(append(b, '-'), int(month), 2)
	b = appendDigits(append(b, '-'), day, 2)
	b = appendDigits(append(b, 'T'), hour, 2)
	b = appendDigits(append(b, ':'), minute, 2)
	b = appendDigits(append(b, ':'), second, 2)
	b = appendDigits(append(b, '.'), t.Nanosecond()/1000, 6)
	return append(b, 'Z', '"')
}

func appendDigits(b []byte, n, width int) []byte {
	at := len(b)
	for range width {
		b = append(b, '0')
	}
	for i := at + width - 1; i >= at; i-- {
		b[i] += byte(n % 10)
		n /= 10
	}
	return b
}

// appendNumeric writes an exact number in plain decimals, with as many after the point as PostgreSQL keeps.
func appendNumeric(b, v []byte) []byte {
	count := int(binary.BigEndian.Uint16(v))
	weight := int(int16(binary.BigEndian.Uint16(v[2:])))
	sign := binary.BigEndian.Uint16(v[4:])
	scale := int(binary.BigEndian.Uint16(v[6:]))
	switch sign {
	case 0x4000:
		b = append(b, '-')
	case 0xC000:
		return append(b, "NaN"...)
	case 0xD000:
		return append(b, "Infinity"...)
	case 0xF000:
		return append(b, "-Infinity"...)
	}
	digit := func(i int) int { // the base-10,000 digit of weight w is number weight-w
		if i < 0 || i >= count {
			return 0
		}
		return int(binary.BigEndian.Uint16(v[8+2*i:]))
	}
	if weight < 0 {
		b = append(b, '0')
	} else {
		b = strconv.AppendInt(b, int64(digit(0)), 10)
		for i := 1; i <= weight; i++ {
			b = appendDigits(b, digit(i), 4)
		}
	}
	if scale > 0 {
		b = append(b, '.')
		end := len(b) + scale
		for i := weight + 1; len(b) < end; i++ {
			b = appendDigits(b, digit(i), 4)
		}
		b = b[:end]
	}
	return b
}
