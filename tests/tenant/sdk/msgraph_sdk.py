"""Microsoft's Python client against the offline tenant: what it sends is understood, what it gets it can read.

    python msgraph_sdk.py http://127.0.0.1:12345 <token>

Exits with 1 on the first thing that is not as expected.
"""

import asyncio
import sys
from uuid import UUID

from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

E3 = UUID("05e9a617-0261-4cee-bb44-138d3ef5d965")


class Bearer(AuthenticationProvider):
    """Puts the same token on every request."""

    def __init__(self, token):
        self.token = token

    async def authenticate_request(self, request, additional_authentication_context=None):
        request.headers.add("Authorization", f"Bearer {self.token}")


def newcomer():
    profile = PasswordProfile(password="xWwvJ]6NMw+bWH-d", force_change_password_next_sign_in=True)
    return User(
        account_enabled=True,
        display_name="Delia Dennis",
        mail_nickname="DeliaD",
        user_principal_name="DeliaD@contoso.com",
        usage_location="CH",
        password_profile=profile,
    )


async def refusal(action):
    """The refusal an action earns."""
    try:
        await action
    except ODataError as error:
        return error
    raise AssertionError("was not refused")


async def lists_every_user_page_by_page(client):
    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id", "displayName"], top=10)
    page = await client.users.get(request_configuration=RequestConfiguration(query_parameters=parameters))
    names = [user.display_name for user in page.value]
    while page.odata_next_link:
        page = await client.users.with_url(page.odata_next_link).get()
        names += [user.display_name for user in page.value]
    assert len(names) > 20 and "Adele Vance" in names, names


async def creates_and_reads_a_user(client):
    created = await client.users.post(newcomer())
    parameters = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=["id", "usageLocation"])
    read = await client.users.by_user_id("DeliaD@contoso.com").get(
        request_configuration=RequestConfiguration(query_parameters=parameters)
    )
    assert (read.id, read.usage_location) == (created.id, "CH"), read
    again = await refusal(client.users.post(newcomer()))
    assert again.response_status_code == 400 and again.error.code == "Request_BadRequest", again
    assert "same value for property userPrincipalName already exists" in again.error.message, again
    assert again.error.inner_error.request_id, again
    return created.id


async def joins_and_leaves_a_group(client, user):
    parameters = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(filter="displayName eq 'Finance'")
    groups = await client.groups.get(request_configuration=RequestConfiguration(query_parameters=parameters))
    members = client.groups.by_group_id(groups.value[0].id).members
    reference = ReferenceCreate(odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{user}")
    await members.ref.post(reference)
    twice = await refusal(members.ref.post(reference))
    assert "already exist for the following modified properties: 'members'" in twice.error.message, twice
    joined = await client.users.by_user_id(user).member_of.graph_group.get()
    assert [group.display_name for group in joined.value] == ["Finance"], joined
    await members.by_directory_object_id(user).ref.delete()
    assert (await refusal(members.by_directory_object_id(user).ref.delete())).response_status_code == 404


async def assigns_a_licence(client, user):
    body = AssignLicensePostRequestBody(add_licenses=[AssignedLicense(sku_id=E3, disabled_plans=[])], remove_licenses=[])
    await client.users.by_user_id(user).assign_license.post(body)
    details = await client.users.by_user_id(user).license_details.get()
    assert [detail.sku_id for detail in details.value] == [E3], details


async def batches(client, user):
    batch = BatchRequestContent()
    for name, who in (("1", user), ("2", "nobody@contoso.com")):
        item = BatchRequestItem(client.users.by_user_id(who).to_get_request_information())
        item.id = name
        # Batching is documented for addresses relative to the version; the client leaves them absolute.
        item.url = item.url.split("/v1.0", 1)[1]
        batch.add_request(name, item)
    answer = await client.batch.post(batch)
    statuses = [answer.get_response_by_id(name).status for name in ("1", "2")]
    assert statuses == [200, 404], statuses


async def deletes(client, user):
    await client.users.by_user_id(user).delete()
    gone = await refusal(client.users.by_user_id(user).get())
    assert gone.error.code == "Request_ResourceNotFound", gone


async def main(root, token):
    adapter = GraphRequestAdapter(Bearer(token))
    adapter.base_url = f"{root}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    await lists_every_user_page_by_page(client)
    user = await creates_and_reads_a_user(client)
    await joins_and_leaves_a_group(client, user)
    await assigns_a_licence(client, user)
    await batches(client, user)
    await deletes(client, user)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python msgraph_sdk.py <graph root> <token>")
    asyncio.run(main(*sys.argv[1:]))
