package migrate

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"github.com/berdaya/berdaya/db/migrations"
)

// Migration is one step of the schema.
type Migration struct {
	Version  string // the number that leads the file's name; versions are applied in its order
	Name     string // the rest of it
	Checksum string // SHA-256 of the up file, in hexadecimal
	up, down string
}

// Set is all migrations that a program knows, in order.
type Set struct{ migrations []Migration }

var fileName = regexp.MustCompile(`^(\d{14})_([a-z0-9_]+)\.(up|down)\.sql$`)

// Embedded gives the migrations that are built into the program.
func Embedded() (*Set, error) { return Load(migrations.Files) }

// Load reads the migrations in a folder. Every .sql file must bear a migration's name, every migration have both directions
// and no version two migrations.
func Load(folder fs.FS) (*Set, error) {
	files, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, err
	}
	byVersion := map[string]*Migration{}
	for _, file := range files {
		parts := fileName.FindStringSubmatch(file)
		if parts == nil {
			return nil, fmt.Errorf("migration %s: the name must be like 20260102150405_what_it_does.up.sql", file)
		}
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, err
		}
		version, name, direction := parts[1], parts[2], parts[3]
		m := byVersion[version]
		if m == nil {
			m = &Migration{Version: version, Name: name}
			byVersion[version] = m
		}
		if m.Name != name {
			return nil, fmt.Errorf("migration %s: the version is also that of %s", file, m.Name)
		}
		if direction == "up" {
			m.up, m.Checksum = string(text), fmt.Sprintf("%x", sha256.Sum256(text))
		} else {
			m.down = string(text)
		}
	}
	set := &Set{}
	for _, m := range byVersion {
		if m.up == "" || m.down == "" {
			return nil, fmt.Errorf("migration %s_%s: both an up and a down file are needed, and neither may be empty", m.Version, m.Name)
		}
		set.migrations = append(set.migrations, *m)
	}
	slices.SortFunc(set.migrations, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	return set, nil
}

// Checksum tells one set from another: two sets with the same checksum make the same schema.
func (s *Set) Checksum() string {
	sum := sha256.New()
	for _, m := range s.migrations {
		fmt.Fprintln(sum, m.Version, m.Checksum)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
