package domain

// Value is one value of an enum with the name people read.
type Value struct {
	Code  string
	Label Text
}

// Enum lists the values of an enum in their natural order.
type Enum []Value

// Has tells whether code is one of the values.
func (e Enum) Has(code string) bool { return e.find(code) >= 0 }

// Label gives the name people read in a language; an unknown code is its own label.
func (e Enum) Label(code string, l Locale) string {
	if i := e.find(code); i >= 0 {
		return e[i].Label.In(l)
	}
	return code
}

// Codes gives the values' codes.
func (e Enum) Codes() []string {
	codes := make([]string, len(e))
	for i, v := range e {
		codes[i] = v.Code
	}
	return codes
}

func (e Enum) find(code string) int {
	for i := range e {
		if e[i].Code == code {
			return i
		}
	}
	return -1
}

// Enums names every enum by its Go type, which is also its GraphQL name.
var Enums = map[string]Enum{
	"Level": Levels, "Stage": Stages, "Status": Statuses, "Move": Moves, "Severity": Severities, "Waivable": Waivables,
	"CommunityKind": CommunityKinds, "StakeholderKind": StakeholderKinds, "ActivityKind": ActivityKinds,
	"ConsultationKind": ConsultationKinds, "ProblemNodeKind": ProblemNodeKinds, "ObjectiveLevel": ObjectiveLevels,
	"Direction": Directions, "Sex": Sexes, "SessionStatus": SessionStatuses, "FindingSeverity": FindingSeverities,
	"FindingStatus": FindingStatuses, "ReportKind": ReportKinds, "AssessmentPhase": AssessmentPhases,
	"CapacityDomain": CapacityDomains, "Sector": Sectors, "Role": Roles, "EventKind": EventKinds,
	"WaiverState": WaiverStates, "TimerKind": TimerKinds, "TimerState": TimerStates,
	"BulkState": BulkStates, "BulkOutcome": BulkOutcomes,
	"OfflineOutcome": OfflineOutcomes, "DraftState": DraftStates,
	"NoticeKind": NoticeKinds, "Channel": Channels, "DeliveryState": DeliveryStates,
	"RuleSetKind": RuleSetKinds, "VersionState": VersionStates, "ActivationMode": ActivationModes, "RuleSetAction": RuleSetActions, "RuleProcessState": RuleProcessStates,
	"DecisionOutcome": DecisionOutcomes, "TrialKind": TrialKinds, "TrialState": TrialStates, "TrialChange": TrialChanges, "TrialEffect": TrialEffects,
}
