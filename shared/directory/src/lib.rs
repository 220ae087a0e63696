//! The verbs on Microsoft Graph, a noun per file.
