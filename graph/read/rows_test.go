package read

import "testing"

// A page of first events asked for their previousHash alone holds nothing but empty strings.
func TestEmptyValuesAloneAreNotNull(t *testing.T) {
	t.Parallel()
	var r rows
	r.add([][]byte{{}, nil})
	r.add([][]byte{nil, {}})
	for row, want := range [][]bool{{false, true}, {true, false}} {
		for column, null := range want {
			if got := r.cell(int32(row), column) == nil; got != null {
				t.Errorf("row %d, column %d: null is %v, want %v", row, column, got, null)
			}
		}
	}
}
