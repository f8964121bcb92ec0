package model

import (
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/domain"
)

// Upload is a file that came along with a request. The transport puts it in the place of a variable before there is any content,
// so that a request is known to be right before its file is read; so it is a handle, which copies share.
type Upload struct{ *Uploaded }

// Uploaded is what came.
type Uploaded struct {
	Name    string // as the client calls it, without folders; at most 200 characters
	Content io.ReadSeeker
	Size    int64  // in bytes
	SHA256  string // of the content, in small hexadecimal digits
}

// MarshalUpload is never asked for: files only come in.
func MarshalUpload(Upload) graphql.Marshaler { return graphql.Null }

// UnmarshalUpload takes the file that the transport put there.
func UnmarshalUpload(v any) (Upload, error) {
	if u, ok := v.(Upload); ok && u.Uploaded != nil {
		return u, nil
	}
	return Upload{}, domain.Errorf(domain.CodeBadUserInput, "send the file as multipart/form-data, by the GraphQL multipart request specification").
		In("kirim berkas sebagai multipart/form-data, menurut spesifikasi permintaan multipart GraphQL")
}
