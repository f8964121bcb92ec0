package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative"
)

func TestWhatWasUploadedIsFetchedAndNothingIsReplacedUnasked(t *testing.T) {
	t.Parallel()
	d := newBureau(t)
	good := declarative.Example("jawa-barat", "32")
	name := strings.Fields(d.must("uploaded", "upload", d.file("rules.yaml", good), "--region", "32"))[1]
	sum := sha256.Sum256([]byte(good))
	folder := filepath.Join(d.folder, "fetched")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(folder, "mine.yaml")
	for _, who := range [][2]string{{"regional-admin", "33"}, {"viewer", "32"}, {"auditor", "ID"}} {
		_, err := d.refused(who[0], who[1], domain.CodeNotFound, "fetch", name, "--to", to)
		_, unknown := d.refused(who[0], who[1], domain.CodeNotFound, "fetch", "jawa-barat@no", "--to", to)
		if strings.ReplaceAll(err.Error(), name, "X") != strings.ReplaceAll(unknown.Error(), "jawa-barat@no", "X") {
			t.Errorf("%v can be told from %v", err, unknown)
		}
	}
	d.must(hex.EncodeToString(sum[:]), "fetch", name, "--to", to)
	d.is(to, good)
	if err := os.WriteFile(to, []byte("own words"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.refused("regional-admin", "32", domain.CodeBadUserInput, "fetch", name, "--to", to)
	d.is(to, "own words")
	if out, err := d.says("national-admin", "ID", "fetch", name, "--to", to, "--force"); err != nil || !strings.Contains(out, to) {
		t.Error(out, err)
	}
	d.is(to, good)
	d.refused("regional-admin", "32", domain.CodeBadUserInput, "fetch", name, "--to", filepath.Join(folder, "no", "where.yaml"))
	if out, err := d.says("regional-admin", "32", "fetch", "../etc@1", "--to", filepath.Join(folder, "x")); err == nil || !strings.Contains(err.Error(), "no name of a rule set") {
		t.Error(out, err)
	}
	var said fetched
	other := filepath.Join(folder, "other.yaml")
	if err := json.Unmarshal([]byte(d.must("{", "fetch", name, "--to", other, "--json")), &said); err != nil || said != (fetched{other, int64(len(good)), hex.EncodeToString(sum[:])}) {
		t.Errorf("%+v %v", said, err)
	}
	if _, err := d.server.db.Pool.Exec(t.Context(), `update rule_set_artefacts set removed_at = '2026-07-04'`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.refused("regional-admin", "32", domain.CodeNotFound, "fetch", name, "--to", filepath.Join(folder, "gone")); err == nil || !strings.Contains(err.Error(), "was removed on 2026-07-04") {
		t.Error(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 2 {
		t.Error("what is left:", left, err)
	}
}

func (d *bureau) is(path, want string) {
	d.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		d.Errorf("%s: %q %v", path, got, err)
	}
}
