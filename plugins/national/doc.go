// Package national is the rules that bind every programme in the country, as a rule set like any other.
//
// They say what a stage must have before a programme leaves it, and hold the line between empowerment and aid: half or more
// of a plan's activities build people's own capacity. All of them speak to ADVANCE; none to REOPEN, which a regional admin
// decides with a reason.
//
//	stage     rule                          what it asks for                                              waivable
//	IDENTIFY  CONSULTATION_HELD             a consultation that people came to                            NO
//	IDENTIFY  NEED_RANKED                   a need with a rank                                            NO
//	IDENTIFY  ROOT_CAUSE_FOUND              a root cause in a need's problem tree                         NO
//	PLAN      OBJECTIVE_MEASURABLE          an objective with an indicator                                NO
//	PLAN      ACTIVITY_DATED_AND_BUDGETED   an activity with both dates and planned money                 NO
//	PLAN      HALF_BUILDS_CAPACITY          half or more of the activities, by count, build capacity      REGION
//	PLAN      AID_UNDER_HALF                a warning where direct aid is half or more of the planned     REGION
//	                                        budget in any currency
//	TRAIN     SESSION_ATTENDED              a held session with attendance by sex                         NO
//	MONITOR   MEASURED_AGAINST_BASELINE     a measurement of an indicator that has a baseline             NO
//	MONITOR   SEVERE_FINDINGS_CLOSED        no severe finding that is still open                          NO
//	REPORT    REPORT_SENT                   a published report, sent to a stakeholder                     NO
//
// How long a stage may take is no rule but a definition, which the nation publishes for each region.
package national
