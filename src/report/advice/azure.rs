//! Texts of Azure DevOps.

use super::hint::{ADD_TO_ORGANIZATION, ADD_TO_PROJECT, By, Hint, JOB_SCOPE, says};
use super::own::NOT_A_COMMIT;
use super::size::SAY_LIMIT;
use crate::auth::identity::CredentialOrigin;

pub(crate) static HINTS: &[Hint] = &[
    says(
        &["TF401019"],
        "Azure DevOps has no such repository, or does not show it to this job.{create}",
        JOB_SCOPE,
    )
    .by(By::Credentials(CredentialOrigin::Job)),
    says(
        &["TF401019"],
        "Azure DevOps has no such repository, or does not show it to this identity.{create}",
        ADD_TO_PROJECT,
    )
    .by(By::Entra),
    says(
        &["TF401019"],
        "Azure DevOps has no such repository, or does not show it to the account used.{create}",
        "Check organization, project and repository in '{url}', without '.git' at the end; {credentials} needs the \
         scope {scope}, and its owner the right to {right} the repository.",
    ),
    says(&["VS800075"], "Azure DevOps has no such project, or does not show it to this job.", JOB_SCOPE)
        .by(By::Credentials(CredentialOrigin::Job)),
    says(
        &["VS800075"],
        "Azure DevOps has no such project, or this identity is no member of it.",
        ADD_TO_PROJECT,
    )
    .by(By::Entra),
    says(
        &["VS800075"],
        "Azure DevOps has no such project, or the account used is no member of it.",
        "Check organization and project in '{url}', and under Project settings > Permissions that {account} is a member.",
    ),
    says(
        &["does not have access to Azure DevOps organization", "aka.ms/azdosc"],
        "The identity is no user of the organization.",
        ADD_TO_ORGANIZATION,
    ),
    says(
        &["GenericContribute"],
        "The account used may not push to this repository. A job signs in as 'PROJECT Build Service (ORGANIZATION)', or as \
         'Project Collection Build Service (ORGANIZATION)'.",
        "In Project settings > Repositories > Security, allow {account} 'Contribute', 'Create branch', 'Create tag' and \
         'Force push': a mirror needs all four.",
    ),
    says(
        &["ForcePush"],
        "The account used may not overwrite or delete branches.",
        "In Project settings > Repositories > Security, allow {account} 'Force push (rewrite history, delete \
         branches and tags)'.",
    ),
    says(
        &["CreateBranch"],
        "The account used may not create branches.",
        "In Project settings > Repositories > Security, allow {account} 'Create branch'.",
    ),
    says(
        &["CreateTag"],
        "The account used may not create tags.",
        "In Project settings > Repositories > Security, allow {account} 'Create tag'.",
    ),
    says(
        &["ManageNote"],
        "The account used may not write notes.",
        "In Project settings > Repositories > Security, allow {account} 'Manage notes', or leave 'refs/notes/*' \
         out of 'includeRefs'.",
    ),
    says(
        &["PolicyExempt", "TF402455"],
        "A branch policy wants a pull request.",
        "Drop the policy at the mirror, allow the identity that pushes 'Bypass policies when pushing', or leave the \
         branch out with 'excludeRefs'.",
    ),
    says(
        &["TF401027"],
        "The account used lacks a right, which the server names. A job signs in as 'PROJECT Build Service (ORGANIZATION)', or as \
         'Project Collection Build Service (ORGANIZATION)'.",
        "In Project settings > Repositories > Security, allow {account} the right.",
    ),
    says(
        &["TF401028"],
        "Somebody else changed the ref during this run.",
        "{Run again}, and look for another writer to the mirror.",
    ),
    says(&["TF401444"], "The identity is no user of the organization.", ADD_TO_ORGANIZATION).by(By::Entra),
    says(
        &["TF401444"],
        "This account has never signed in to this organization.",
        "Sign in there once with a browser, as {account}.",
    ),
    says(&["TF400813"], "Azure DevOps does not let this job in.", JOB_SCOPE)
        .by(By::Credentials(CredentialOrigin::Job)),
    says(&["TF400813"], "The organization does not let this identity in.", ADD_TO_ORGANIZATION).by(By::Entra),
    says(
        &["TF400813"],
        "The organization does not know who asks, or the token is not for it.",
        "Make a new personal access token in the organization of '{url}', with the scope {scope}, and give it in \
         {credentials}.",
    ),
    says(
        &["VS403463"],
        "A Conditional Access policy of the tenant does not let this account in.",
        "Let an administrator of the tenant exclude {account} from the policy, or allow the addresses that {machine} \
         comes from.",
    ),
    says(
        &["TF400733"],
        "Azure DevOps slows this account down.",
        "{Run again} later, and less often; an identity that nothing else uses has its own share.",
    ),
    says(
        &["VS403654"],
        "A commit holds a secret.",
        "Remove it from the source's history, or bypass push protection in the settings of Advanced Security.",
    ),
    says(
        &["VS403658", "bytes, greater than"],
        "A file is larger than the repository's policy allows.",
        "Raise the maximum file size of the destination in Project settings > Repositories > Policies, or move the \
         file to Git LFS at the source.",
    ),
    says(
        &["VS403702"],
        "A policy on the e-mail addresses of authors refuses commits.",
        "Turn 'Commit author email validation' off for the mirror in Project settings > Repositories > Policies.",
    ),
    says(
        &["VS403500", "size of your push exceeds the limit"],
        "Azure Repos takes at most 5 GB a push.",
        SAY_LIMIT,
    ),
    says(
        &["will increase this repository size by"],
        "The repository would grow beyond its limit.",
        "Clean up the history at the source, or move large files to Git LFS there.",
    ),
    says(
        &["The Git pack file limit has been reached"],
        "Azure DevOps is busy packing this repository.",
        "{Run again} later.",
    ),
    says(
        &["TF401041"],
        "Azure DevOps wants another way of asking than this {task}'s.",
        "This is a bug of the {task}; please report it.",
    ),
    says(
        &["can only be performed by the system", "deny updating a hidden ref"],
        "The host keeps these refs for itself.",
        "Leave them out with 'excludeRefs'.",
    ),
    says(
        &["Name conflicts with refs/", "exists; cannot create"],
        "The destination holds a ref whose name differs only in case, or of which one is a folder of the other.",
        "Delete that ref at the destination, or rename or exclude one of the two.",
    ),
    says(&["UnresolvableToCommit"], NOT_A_COMMIT.meaning, NOT_A_COMMIT.text),
];
