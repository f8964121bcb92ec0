package graph_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/graph/generated"
)

// TestThePlacesThatNationalMessagesNameAreFieldsOfAProgramme follows each path of a message as a client would: a connection
// stands for what is in it.
func TestThePlacesThatNationalMessagesNameAreFieldsOfAProgramme(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("../plugins/national/testdata/messages.golden")
	if err != nil {
		t.Fatal(err)
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	paths := regexp.MustCompile(`(?m) at (\S+)$`).FindAllStringSubmatch(string(golden), -1)
	if len(paths) < 10 {
		t.Fatalf("only %d paths in the messages", len(paths))
	}
	for _, path := range paths {
		on := schema.Types["Programme"]
		for _, name := range strings.Split(path[1], ".") {
			f := on.Fields.ForName(name)
			if f == nil {
				t.Errorf("%s: %s has no field %s", path[1], on.Name, name)
				break
			}
			on = schema.Types[strings.TrimSuffix(f.Type.Name(), "Connection")]
		}
	}
}
