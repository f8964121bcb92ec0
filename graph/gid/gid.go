// Package gid makes and reads the opaque global ids of the GraphQL API: a tag for the type and the row's own key, in
// base64url. Clients keep them and send them back; nothing else is promised of them.
package gid

import (
	"encoding/base64"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// tags give each type of stored objects its first byte. A tag once released is never given to another type.
var tags = map[string]byte{
	"Region": 'R', "RegionSuccessor": 'r', "Community": 'C', "Stakeholder": 'S', "Programme": 'P',
	"ProgrammeCommunity": 'c', "ProgrammeStakeholder": 's', "ProgrammeEvent": 'E', "StageVisit": 'V', "ChecklistItem": 'L',
	"Need": 'N', "ProblemNode": 'n', "Consultation": 'K', "CapacityAssessment": 'A', "CapacityScore": 'a',
	"Objective": 'O', "Activity": 'Y', "BudgetLine": 'B', "TrainingEvent": 'T', "Session": 't', "Participant": 'p',
	"Attendance": 'q', "Indicator": 'I', "Measurement": 'i', "Finding": 'F', "Report": 'W', "Distribution": 'w',
	"BulkMove": 'M', "BulkMoveItem": 'm',
	"Draft":  'D',
	"Waiver": 'v', "ProgrammeBlock": 'b', "StagePlan": 'd', "Timer": 'X', "TimerEvent": 'x',
	"RuleSet": 'G', "RuleSetVersion": 'g', "RuleActivation": 'J', "RuleSetEvent": 'j',
	"Decision": 'k', "RuleTrial": 'Q', "RuleTrialDifference": 'u',
	"Notification": 'f', "Webhook": 'h', "Delivery": 'e',
}

var types = func() map[byte]string {
	m := make(map[byte]string, len(tags))
	for name, tag := range tags {
		m[tag] = name
	}
	return m
}()

// Tag gives the first byte of a type's ids, for code that writes ids without a detour; 0 for a type that has none.
func Tag(typeName string) byte { return tags[typeName] }

// New gives the global id of a row whose key is a UUID.
func New(typeName string, id uuid.UUID) string { return ofBytes(typeName, id[:]) }

// Region gives the global id of a region.
func Region(code string) string { return ofBytes("Region", []byte(code)) }

func ofBytes(typeName string, key []byte) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{tags[typeName]}, key...))
}

// Type gives the type that an id is of; "" for what is no id.
func Type(id string) string {
	b, ok := decode(id)
	if !ok {
		return ""
	}
	return types[b[0]]
}

// UUID reads an id of a type whose key is a UUID. Any other string is BAD_USER_INPUT.
func UUID(typeName, id string) (uuid.UUID, error) {
	b, ok := decode(id)
	if !ok || b[0] != tags[typeName] || len(b) != 17 {
		return uuid.UUID{}, domain.Errorf(domain.CodeBadUserInput, "this is not the id of a %s", typeName)
	}
	return uuid.UUID(b[1:]), nil
}

// RegionCode reads the id of a region. Any other string is BAD_USER_INPUT.
func RegionCode(id string) (string, error) {
	if b, ok := decode(id); ok && b[0] == tags["Region"] {
		if _, ok := domain.LevelOf(string(b[1:])); ok {
			return string(b[1:]), nil
		}
	}
	return "", domain.Errorf(domain.CodeBadUserInput, "this is not the id of a Region")
}

func decode(id string) ([]byte, bool) {
	if len(id) > 64 {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(id)
	return b, err == nil && len(b) > 1 && types[b[0]] != ""
}
