package db

// DueQuery lets a test read its plan.
var DueQuery = dueQuery
