//! What an identity may: application permissions, directory roles, and roles on a key vault.

use plan::laws;

use crate::tested::Tested;

/// What an identity may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Application permissions, on Microsoft Graph and on Exchange Online.
    pub permissions: Vec<String>,
    /// Directory roles.
    pub directory_roles: Vec<String>,
    /// Roles on the key vault `contoso-keys`.
    pub vault_roles: Vec<String>,
}

impl Rights {
    /// What the `permissions.json` of a function names.
    pub fn of(function: Tested) -> Self {
        let file = function.permissions();
        Self {
            permissions: laws::roles(&file),
            directory_roles: laws::directory_roles(&file),
            vault_roles: laws::vault_roles(&file),
        }
    }

    /// The name of each.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.permissions, &self.directory_roles, &self.vault_roles]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The same without one of them, permission or role.
    ///
    /// # Panics
    ///
    /// It is none of them.
    #[must_use]
    pub fn without(&self, missing: &str) -> Self {
        assert!(self.names().any(|name| name == missing), "{missing} is not in permissions.json");
        let rest = |of: &[String]| of.iter().filter(|name| *name != missing).cloned().collect();
        Self {
            permissions: rest(&self.permissions),
            directory_roles: rest(&self.directory_roles),
            vault_roles: rest(&self.vault_roles),
        }
    }

    /// The same with one more application permission.
    #[must_use]
    pub fn and(mut self, permission: &str) -> Self {
        self.permissions.push(permission.to_owned());
        self
    }
}
