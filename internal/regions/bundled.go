package regions

import (
	"archive/zip"
	_ "embed" // for the release below
	"io/fs"
	"strings"
	"sync"

	"github.com/berdaya/berdaya/domain"
)

// BundledSince is the date of the decree that the bundled release follows.
const BundledSince domain.Date = "2025-04-25"

// bundled is a release under the Open Database License; data/README.md says where it is from.
//
//go:embed data/regions.zip
var bundled string

// Bundled gives the release that the program carries, with its license as LICENSE.md. The files are decompressed as they
// are read.
var Bundled = sync.OnceValue(func() fs.FS {
	archive, err := zip.NewReader(strings.NewReader(bundled), int64(len(bundled)))
	if err != nil {
		panic("the bundled release of regions is damaged: " + err.Error())
	}
	return archive
})
