//! A client for Microsoft Graph: authentication, throttling, batching.
